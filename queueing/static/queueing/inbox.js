/* How many things need somebody: in the header and the title of every page. Asked once a minute. */
"use strict";
{
    const MINUTE = 60000;
    const link = document.querySelector("a.inbox");
    const title = document.title.replace(/^\(\d+\) /, "");
    const key = link && `inbox ${link.dataset.of} ${document.querySelector(".client-picker select")?.value || ""}`;

    const show = (count) => {
        const badge = link.querySelector("b");
        badge.hidden = !count;
        badge.textContent = count || "";
        document.title = `${count ? `(${count}) ` : ""}${title}`;
    };

    const keep = (count) => {
        sessionStorage.setItem(key, JSON.stringify({count, at: Date.now()}));
        show(count);
    };

    const ask = async () => {
        const known = JSON.parse(sessionStorage.getItem(key) || "null");
        if (known) show(known.count);
        if (document.hidden || (known && Date.now() - known.at < MINUTE - 1000)) return;
        try {
            const answer = await fetch(link.dataset.url, {credentials: "same-origin"});
            if (answer.ok && !answer.redirected) keep((await answer.json()).count);
        } catch {
            // The server is away, or the page is left: what was known last stays.
        }
    };

    const own = () => document.querySelectorAll("#dashboard section > .todo > li, #more-needs li").length;

    if (link && document.getElementById("dashboard")) { // the desk knows, and refreshes itself
        keep(own());
        new MutationObserver(() => keep(own())).observe(document.getElementById("dashboard"), {childList: true});
    } else if (link) {
        ask();
        setInterval(ask, MINUTE);
        document.addEventListener("visibilitychange", ask);
    }
}
