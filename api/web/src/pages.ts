/** Pages without a map need styles only. */

import "./styles/main.scss";
import "./styles/pages.scss";
