import { Badges, NextActions, Progress, Streak } from "@milepost/react";
import type { ReactNode } from "react";
import { pathTo, PROGRESS } from "../route.js";
import { linkTo } from "./links.js";

/** Beside every tool: what to do next and where the customer stands, in short. */
export const Standing = (): ReactNode => (
  <aside aria-label="Your standing">
    <NextActions limit={2} linkTo={linkTo} />
    <Progress />
    <Streak />
    <Badges limit={2} />
    <a className="all" href={pathTo(PROGRESS)}>
      All your progress
    </a>
  </aside>
);
