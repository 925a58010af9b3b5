"""The section `hosts`: how an `instance` becomes a host, inventories, and what is one machine."""
