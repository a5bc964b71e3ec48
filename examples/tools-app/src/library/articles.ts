export interface Article {
  id: string;
  title: string;
  topic: string;
  /** One line for the list. */
  about: string;
  paragraphs: string[];
}

export const ARTICLES: Article[] = [
  {
    id: "who-is-ideal",
    title: "Your ideal customer is somebody you already have",
    topic: "Customers",
    about: "Find the pattern in who stayed, not in who might come.",
    paragraphs: [
      "List the customers who bought within a normal cycle, use the product every week and were still there a year later. Ten are enough. Then write down what they had in common before they bought: size, a role, something that had just happened.",
      "Now do the same for those who left. A trait that is on both lists says nothing. What remains is usually short and a little surprising, and it is far more useful than an industry code.",
      "Test it on the next twenty leads before you rebuild anything: rate each one, call all of them, and see whether the rating would have told you.",
    ],
  },
  {
    id: "cost-of-delay",
    title: "Cost of delay, in one conversation",
    topic: "Value",
    about: "Three questions that turn “later” into a figure.",
    paragraphs: [
      "Most deals are not lost to a competitor but to “next quarter”. Ask what a month with the change in place would be worth, what the workaround costs until then, and what would have to happen for the decision to be made anyway.",
      "Let the customer say the figures; yours will be doubted, theirs will be defended. Half of what they say is still a good number to calculate with.",
      "Say the result per day. A day is a size people can picture, and it fits into the mail they forward.",
    ],
  },
  {
    id: "value-pricing",
    title: "Price by what it changes",
    topic: "Value",
    about: "Find the unit that grows with your customer's success.",
    paragraphs: [
      "A good price metric goes up only when the customer is better off, can be counted by both sides, and is understood without a footnote. Seats pass the second test and often fail the first.",
      "Look at your five happiest accounts and ask which number in your product grew with them. That number is the candidate.",
      "Change it for new customers first and keep the old price for those who have it. The discussion you avoid is worth more than the difference.",
    ],
  },
  {
    id: "champion",
    title: "Give your champion something to forward",
    topic: "Selling",
    about: "The meeting that decides is one you are not in.",
    paragraphs: [
      "Your champion will explain your product to three people you never meet, from memory, in four minutes. Whatever you send should survive that: one page, one figure, one ask.",
      "Write it in their words. If the page says “platform” and they say “planning sheet”, they have to translate, and something gets lost.",
      "Ask them afterwards which question they could not answer. Put that answer on the page.",
    ],
  },
  {
    id: "first-hire",
    title: "Before the first salesperson",
    topic: "Selling",
    about: "What a founder should be able to hand over.",
    paragraphs: [
      "You can hand over what you can describe. Before the first hire, write down who buys, what they were doing the day before, the five objections and what you answered, and one recording of a call that went well.",
      "If that fills two pages, hire. If it does not, the next ten calls are still yours.",
      "Measure the new colleague on how often the description was wrong, too. That is the cheapest research you will ever get.",
    ],
  },
  {
    id: "weekly-review",
    title: "A weekly review that takes twenty minutes",
    topic: "Systems",
    about: "Same day, same questions, one decision.",
    paragraphs: [
      "Look at four things each week: what moved, what stood still, what you learned about customers, and the one thing that will be different next week. Write a line for each.",
      "Keep the lines in one place. After eight weeks the same sentence will appear three times; that is your bottleneck, found without a dashboard.",
      "End with one decision and a name beside it. A review without a decision is a status meeting.",
    ],
  },
];

/** Articles that have every word of the query somewhere, those with it in the title first. */
export function find(query: string): Article[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const has = (text: string): boolean => words.every((word) => text.toLowerCase().includes(word));
  const whole = ({ title, topic, about, paragraphs }: Article): string => [title, topic, about, ...paragraphs].join(" ");
  return ARTICLES.filter((article) => has(whole(article))).sort((a, b) => Number(has(b.title)) - Number(has(a.title)));
}
