import { createElement } from "react";
import { createRoot } from "react-dom/client";
import "@milepost/react/styles.css";
createRoot(document.getElementById("root")).render(createElement("div", { className: "mp-widget" }, createElement("button", { className: "mp-button mp-main" }, "Go"), createElement("small", null, "note")));
