"""The Python SDK. Standard library only; of Milepost itself it imports `milepost.vocabulary` alone.

The way of an event, one module each:

    tracker / aio     the public faces: `Tracker` and its asyncio twin
    capturing         their shared half: the track methods, in the caller's thread
    session, uuid7    what is fixed at capture: the session, the event id, the time
    queue             the bounded queue in memory
    capture           a captured record into the bytes that are sent
    outbox            where records wait for their receipt: the disk spool, or memory if it fails
    spool, owner      one SQLite file shared by processes; who of them is alive
    sender            the thread that sends; `policy` says what each answer means
    transport         one HTTP connection
    pipeline          puts these together: threads, flush, shutdown
    fork              what happens at fork and at exit
"""
