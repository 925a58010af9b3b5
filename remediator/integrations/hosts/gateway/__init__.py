"""Hosts by SSH; import `shell` only where a host is really going to be reached."""
