from lent_service import lent  # noqa: F401 - fixtures
from served import live, releases, service  # noqa: F401 - fixtures
