"""A stand-in of a city's platform: it issues orders to the desk, takes what is reported, and can be made to fail.

Cities publish no protocol; this one is ours (``docs/channels/city.md``), and a city's own is bridged to it.
"""

from api.standins.city.server import CityServer

__all__ = ["CityServer"]
