"""Accounts, rights, invitations and signing in."""
