export default function Page() { return <div className="mp-widget"><button className="mp-button mp-main">Go</button><small>note</small></div>; }
