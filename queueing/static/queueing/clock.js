/* Tell the server by which clock the browser goes: it is taken once, for whoever has chosen none. */
"use strict";
{
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    if (zone) {
        const secure = window.location.protocol === "https:" ? "; secure" : "";
        document.cookie = `browser_zone=${encodeURIComponent(zone)}; path=/; max-age=31536000; samesite=lax${secure}`;
    }
}
