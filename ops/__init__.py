"""Commands for whoever answers for the payments: history, redrive, rotate, and so on.

They work on a deployed stack and on the local one alike: which it is follows from the AWS
configuration (``AWS_PROFILE``, ``AWS_REGION``, or ``AWS_ENDPOINT_URL`` for the local stack).
"""
