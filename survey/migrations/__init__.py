"""Schema migrations: four digits, one head, each reversible. Run them with `hailong db upgrade`."""
