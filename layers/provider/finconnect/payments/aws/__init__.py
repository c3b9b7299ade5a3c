"""Adapters to AWS, each named by its technology."""
