"""A long run of the whole product under faults, and the reconciliation of three sets of books.

The stand-in's own book, the ledger, and what a subscriber received must agree in the end.
"""
