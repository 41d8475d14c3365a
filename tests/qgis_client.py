"""What QGIS makes of a service, as JSON on stdout; run by the Python that QGIS is installed for, not by ours.

python3 qgis_client.py ADDRESS KEY PICTURE.png
"""

import json
import os
import sys
from urllib.parse import quote

from qgis.core import (
    QgsApplication,
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsMapRendererSequentialJob,
    QgsMapSettings,
    QgsProject,
    QgsRectangle,
    QgsVectorLayer,
    QgsVectorTileLayer,
)
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtGui import QColor

PIXELS = 400


def main():
    """Read a layer page by page, then draw its tiles."""
    address, key, picture = sys.argv[1:]
    QgsApplication.setPrefixPath("/usr", True)
    app = QgsApplication([], False)
    app.initQgis()
    query = f"?key={key}" if key else ""
    url = f"pagingEnabled='true' pageSize='5' typename='cells-r9' url='{address}/{query}' version='OGC_API_FEATURES'"
    layer = QgsVectorLayer(url, "cells", "OAPIF")
    told = {"valid": layer.isValid(), "crs": layer.crs().authid(), "fields": [field.name() for field in layer.fields()]}
    told["rows"] = {
        feature["zone_id"]: [
            None if str(feature[name]) == "NULL" else feature[name] for name in ("incidents", "incidents_band")
        ]
        for feature in layer.getFeatures()
    }
    told["extent"] = list(layer.extent().toRectF().getCoords())
    template = f"{address}/tiles/cells-r9/" + "{z}/{x}/{y}.mvt"
    tiles = QgsVectorTileLayer(f"type=xyz&url={quote(template, safe=':/{}')}&zmin=0&zmax=14", "tiles")
    told["tiles valid"] = tiles.isValid()
    mercator = QgsCoordinateReferenceSystem("EPSG:3857")
    to_mercator = QgsCoordinateTransform(QgsCoordinateReferenceSystem("EPSG:4326"), mercator, QgsProject.instance())
    view = to_mercator.transformBoundingBox(QgsRectangle(1.67, 54.685, 1.73, 54.715))
    settings = QgsMapSettings()
    settings.setLayers([tiles])
    settings.setDestinationCrs(mercator)
    settings.setExtent(view)
    settings.setOutputSize(QSize(PIXELS, PIXELS))
    settings.setBackgroundColor(QColor("white"))
    job = QgsMapRendererSequentialJob(settings)
    job.start()
    job.waitForFinished()
    job.renderedImage().save(picture)
    shown = settings.visibleExtent()  # the wanted one, widened to the shape of the picture
    told["shown"] = [shown.xMinimum(), shown.yMinimum(), shown.xMaximum(), shown.yMaximum()]
    print(json.dumps(told))  # noqa: T201
    sys.stdout.flush()
    os._exit(0)  # QGIS's own clean-up falls over its layers


main()
