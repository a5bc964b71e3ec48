import type { Diagnostics } from "./diagnostics.js";
import type { Identity } from "./identity.js";
import type { Insights, StoredEvent, EventsAsked } from "./types.js";

/** Reads what is below `url`, `/v1/me/`, with the customer's token as it is then. */
export function createReader(url: string, identity: Identity, { fail }: Diagnostics) {
  const fetchMine = (path: string, init?: RequestInit): Promise<Response> =>
    identity.token ? fetch(url + path, { ...init, headers: { Authorization: "Bearer " + identity.token } }) : Promise.reject("token");

  /** What is answered, by its JSON; null, and an error told, where it cannot be had. A 404 is no error: there is
   *  nothing yet. */
  const read = async (path: string): Promise<unknown> => {
    try {
      const answer = await fetchMine(path);
      if (answer.ok) return await answer.json();
      if (answer.status !== 404) throw answer.status;
    } catch (error) {
      fail("read", "" + error);
    }
    return null;
  };

  return {
    fetch: fetchMine,
    getInsights: () => read("insights") as Promise<Insights | null>,
    getRecentEvents: (limit: EventsAsked = 50) =>
      read("events?limit=" + limit).then((page) => (page as { items?: StoredEvent[] })?.items || []),
  };
}
