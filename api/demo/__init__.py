"""The demo: stand-ins of the remote platforms beside the desk, and sample messages played through the real ways."""
