// The explorer's page: controls at the left, the picture beside them, one stage of its own.
import { adoptTheme } from "./colour.js";
import { loadKatex } from "./maths.js";
import { bindControls, bindPicture, releaseControls, releasePicture } from "./stage.js";

export function mountExplore({ data, setStateValue, parentElement: root }) {
  adoptTheme(root);
  loadKatex();
  const page = root.querySelector(".explore"), controls = page.querySelector(".controls"), stage = page.querySelector(".stage");
  const notices = page.querySelector(".notices"), said = data.notices.join("\n");
  if (notices.__said !== said) {
    notices.__said = said;
    notices.replaceChildren(...data.notices.map((say) => Object.assign(document.createElement("p"), { className: "notice", role: "status", textContent: say })));
  }
  bindControls(controls, data.stage.page, data.stage, (settings) => setStateValue("settings", settings));
  bindPicture(stage, data.stage.page, data.stage);
  return () => { releaseControls(controls); releasePicture(stage); };
}
