"""A stand-in for AzamPay: its endpoints, its callbacks, its faults, and a book of it all.

Run it with ``python -m simulator``, or inside a test with
:class:`simulator.server.SimulatorServer`. It is as sure of AzamPay's protocol as public evidence
allows; docstrings grade each fact:

* LOG: raw traffic that a merchant logged
* PROBE: an author says that they called the live sandbox
* DOC: AzamPay's own documentation or samples
* CODE: what integrations assume
"""
