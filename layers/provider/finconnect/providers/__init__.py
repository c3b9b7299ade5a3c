"""The providers: they know HTTP and cryptography, and nothing of AWS."""
