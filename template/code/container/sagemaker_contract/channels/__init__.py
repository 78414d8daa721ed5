"""The data of a channel as one table, whatever format its files have: a module a format."""
