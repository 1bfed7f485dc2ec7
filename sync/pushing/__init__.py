"""A batch of changes on its way to a CRM.

    plans      what each change comes down to now, read in the transaction that claimed it
    calls      the calls that say so, grouped as the CRM takes them; no database
    workers    threads with an adapter each
    answers    what the CRM made of it, stored with the outcomes, many in one transaction

A kill between a call and its answer leaves the change claimed; when it is claimed again the CRM recognises a
creation by its key, an e-mail by its Message-ID and an edit by its revision: what it holds already is not sent twice.
"""
