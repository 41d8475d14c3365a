/** The map page begins here: styles, the first questions to the service, then the map's own code. */

import "maplibre-gl/dist/maplibre-gl.css";
import "./styles/main.scss";
import "./styles/explore.scss";
import "./early";

void import("./explore");
