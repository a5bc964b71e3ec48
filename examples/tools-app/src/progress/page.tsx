import { Badges, Leaderboard, Levels, Milestones, NextActions, Progress, Streak } from "@milepost/react";
import type { ReactNode } from "react";
import { Page } from "../ui/parts.js";
import { linkTo } from "./links.js";

/** All that the customer may know of itself, each with its own token and nobody else's. */
export const YourProgress = (): ReactNode => (
  <Page title="Your progress" answer="What you have reached, and what comes next.">
    <div className="board">
      <div>
        <NextActions limit={5} linkTo={linkTo} />
        <Levels />
        <Leaderboard />
      </div>
      <div>
        <Streak />
        <Progress />
        <Badges limit={6} />
        <Milestones limit={6} />
      </div>
    </div>
  </Page>
);
