"""The demo district's sample appeals: a grammar, its generator, and hand-written correspondence."""
