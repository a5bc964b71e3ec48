"""Customers and people out of tables: exports of a CRM or of billing, and any other CSV."""
