"""Payments: the ledger, the events and AWS. Knows nothing of any one provider."""
