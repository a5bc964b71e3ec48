import { useState, type ReactNode } from "react";
import type { Leaderboard as Board, Place } from "@milepost/browser";
import { useLeaderboard } from "../reading.js";
import { count, Failed, Frame, Note, points, Skeleton, type WidgetProps } from "./frame.js";
import { Joining } from "./joining.js";

export interface LeaderboardProps extends WidgetProps {
  /** How many places at most, beside the customer's own. Default 10. */
  limit?: number | undefined;
  /** Numbers as in this language. Default: the browser's. */
  locale?: string | undefined;
}

/** Who gathered how many points, of those who chose to be on it; and the customer's own choice. */
export function Leaderboard({ title = "Leaderboard", limit = 10, locale, ...frame }: LeaderboardProps): ReactNode {
  const { status, data, choice, save } = useLeaderboard();
  const [open, setOpen] = useState(false);
  const joined = choice !== null && choice.leaderboard !== "off";
  const aside = data === null ? undefined : `last ${data.days} days`;
  return (
    <Frame kind="leaderboard" title={title} aside={aside} busy={status === "loading"} {...frame}>
      {status === "loading" && <Skeleton lines={4} />}
      {status === "failed" && <Failed />}
      {status === "empty" && <Note>Nothing to rank yet. It begins with your first steps.</Note>}
      {data !== null && data.items.length > 0 && <Ranking board={data} limit={limit} locale={locale} />}
      {data !== null && data.items.length === 0 && (
        <Note>{joined ? "You are on it. Your place appears in a moment." : "Nobody is on it yet. You may be the first."}</Note>
      )}
      {data !== null && data.items.length > 0 && joined && data.me === null && <Note>Your own place appears in a moment.</Note>}
      {choice !== null && <Joining choice={choice} save={save} open={open} setOpen={setOpen} />}
    </Frame>
  );
}

interface RankingProps {
  board: Board;
  limit: number;
  locale: string | undefined;
}

function Ranking({ board, limit, locale }: RankingProps): ReactNode {
  const shown = board.items.slice(0, limit);
  const mine = shown.some(({ is_me }) => is_me) ? undefined : board.items.find(({ is_me }) => is_me);
  const me: Place | null =
    mine ?? (board.me === null || shown.some(({ is_me }) => is_me) ? null : { ...board.me, name: "You", is_me: true });
  const others = board.customers - shown.length - (me === null ? 0 : 1);
  return (
    <>
      <ol className="mp-ranking">
        {shown.map((place, at) => (
          <Row key={at} place={place} locale={locale} />
        ))}
        {me !== null && <Row place={me} locale={locale} apart />}
      </ol>
      {others > 0 && <Note>and {count(others, locale)} more</Note>}
    </>
  );
}

const Row = ({ place, locale, apart }: { place: Place; locale: string | undefined; apart?: boolean }): ReactNode => (
  <li className={["mp-place", place.is_me && "mp-me", apart && "mp-apart"].filter(Boolean).join(" ")}>
    <span className="mp-rank">
      <span className="mp-sr">Place </span>
      {count(place.rank, locale)}
    </span>
    <span className="mp-who">
      <bdi>{place.name}</bdi>
      {place.is_me && place.name !== "You" && <span className="mp-you">you</span>}
    </span>
    <span className="mp-aside">{points(place.points, locale)}</span>
  </li>
);
