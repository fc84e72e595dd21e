// @ts-check
// The page's script begins here: `npm run bundle` joins what is imported from here on.
import { showBoxes } from "./boxes.js";
import { drawChart } from "./charts.js";
import { listContents } from "./contents.js";
import { all, whenSeen } from "./dom.js";
import { explore } from "./explorer.js";
import { findInputs } from "./find.js";
import { findPaged } from "./find_paged.js";
import { chooseHeads } from "./head_effects.js";
import { showPages } from "./pages.js";
import { foldSide } from "./side.js";
import { showTokens } from "./tokens.js";
import { searchWords } from "./word_search.js";

showPages();
findInputs();
findPaged();
foldSide();
listContents();
whenSeen(all("article.card"), showTokens);
whenSeen(all("figure.chart"), drawChart);
whenSeen(all(".explorer"), explore);
whenSeen(all(".head-effects"), chooseHeads);
whenSeen(all(".spread"), showBoxes);
all("details.all-words").forEach(searchWords);
