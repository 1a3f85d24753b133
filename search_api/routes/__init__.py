"""The routes of the HTTP interface by what they are for; `search_api.app` puts them together."""
