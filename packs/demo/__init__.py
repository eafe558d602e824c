"""The demo district 玉泉区: a fictional pack, data only."""
