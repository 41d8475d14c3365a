"""From open incident files to hotspots whose error share is known, as releases, an API and a map.

Data pass through the modules in this order, and imports point backwards along it:
`sources`, `incidents`, `boundaries`, `grid`, `neighbours`, `counts`, `cube`, `statistics`, `hotspots`,
`areas`, `products`, `disclosure`, `outputs`, `release`. On top stand `settings`, `pipeline` and `cli`.
"""

__version__ = "0.1.0"
