"""Mending: findings become edits, edits become bytes, proven by another audit, kept in a journal, undone."""
