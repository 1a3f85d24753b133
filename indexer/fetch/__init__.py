"""Reports from the web: a list of URLs, downloaded politely. Only ``bureau fetch`` comes here.

`run` is the whole of it, top to bottom; `client` alone speaks HTTP. Nothing is crawled: a page's
links are not followed, and a script in it is not run.
"""
