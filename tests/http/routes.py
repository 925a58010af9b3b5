"""Every route of the daemon, with those that integrations bring."""

from remediator.config.catalog import Catalog
from remediator.http.routes import routes_of
from remediator.integrations.slack.door.http_route import events_route

ROUTES = routes_of(Catalog().sources, (events_route(lambda: None),))
