"""The editor of drafts: pages, actions, findings."""
