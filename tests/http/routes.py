"""Every route of the daemon, with those that integrations bring."""

from remediator.config.catalog import Catalog
from remediator.http.routes import routes_of

CATALOG = Catalog()
ROUTES = routes_of(CATALOG.sources)
