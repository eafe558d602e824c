"""Stand-ins of remote platforms for trying and testing: real HTTP and SMTP, by the published protocols."""
