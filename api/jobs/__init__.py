"""Durable jobs, run by DBOS: deliveries, clock checks, seals; and the pollers beside them."""
