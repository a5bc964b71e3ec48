"""The column store: a mirror of the events that answers questions over all of them.

PostgreSQL holds the truth; the mirror may be deleted at any time and is built anew from it. One process of the
server owns it (`service`), everybody else asks that one (`client`).
"""
