"""The rehearsal of playbooks: `remediator test` lives the lives of its tests with the real engine, in virtual time."""
