"""What stands between the network and the engine: guards, problems, caching, reloading."""
