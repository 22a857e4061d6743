/* Draws posts as Mattermost's clients do. What of a post is read as Markdown:
 *   - its message, and an attachment's pretext, text and fields' values: all of it;
 *   - a title that is no link: its links, and nothing else; one that is a link: not at all;
 *   - a field's label: no Markdown, but the web client looks for tags, channels and smileys there;
 *   - the footer: not at all.
 * (webapp/channels/src/components/post_view/message_attachments/message_attachment/
 * message_attachment.tsx in https://github.com/mattermost/mattermost, and app/components/post_list/
 * post/body/content/message_attachments/ in https://github.com/mattermost/mattermost-mobile.)
 *
 * Markdown is parsed by the mobile client's own package. Whether a user, a channel or a smiley of
 * that name exists is not asked: all of them count. */
"use strict";

const SCHEMES = ["http", "https", "ftp", "mailto", "tel", "mattermost"]; // that clients make links of
const CUT_FOOTER = 300;

const parser = new commonmark.Parser({minimumHashtagLength: 3, urlFilter: url => {
    const scheme = /^([a-z0-9+.-]+):/i.exec(url);
    return !scheme || SCHEMES.includes(scheme[1].toLowerCase());
}});

function make(name, content, properties) {
    const element = document.createElement(name);
    if (content !== undefined)
        element.textContent = content;
    return Object.assign(element, properties);
}

function link(node) {
    return make("a", undefined, {href: node.destination});
}

function code(node) {
    const language = (node.info || "").trim().toLowerCase();
    if (language === "latex" || language === "tex")
        return make("div", node.literal, {className: "latex"});
    return make("pre", node.literal);
}

/* A picture is not fetched: that it would be is what matters. */
function image(node) {
    return make("img", undefined, {alt: node.destination, className: "picture"});
}

const DRAWN = {
    document: () => make("div", undefined, {className: "markdown"}),
    paragraph: () => make("p"),
    text: node => document.createTextNode(node.literal),
    softbreak: () => make("br"),
    linebreak: () => make("br"),
    emph: () => make("em"),
    strong: () => make("strong"),
    del: () => make("del"),
    code: node => make("code", node.literal),
    code_block: code,
    html_inline: node => document.createTextNode(node.literal),
    html_block: node => make("p", node.literal),
    link,
    image,
    at_mention: node => make("span", `@${node.mentionName}`, {className: "mention"}),
    channel_link: node => make("span", `~${node.channelName}`, {className: "channel"}),
    hashtag: () => make("span", undefined, {className: "hashtag"}),
    emoji: node => make("span", node.literal, {className: "emoji"}),
    latex_inline: node => make("span", node.latexCode, {className: "latex"}),
    heading: node => make(`h${node.level}`),
    thematic_break: () => make("hr"),
    block_quote: () => make("blockquote"),
    list: node => make(node.listType === "bullet" ? "ul" : "ol"),
    item: () => make("li"),
    table: () => make("table", undefined, {className: "written"}),
    table_row: () => make("tr"),
    table_cell: node => make(node.isHeading ? "th" : "td"),
};

/* Types that their text stands in already. */
const WHOLE = new Set(["latex_inline", "at_mention", "channel_link", "emoji"]);

function draw(node, into, kept) {
    if (!(node.type in DRAWN))
        throw new Error(`${node.type}: this page does not know what that looks like`);
    let drawn = DRAWN[node.type](node);
    if (kept && !kept.has(node.type)) {
        const text = WHOLE.has(node.type) ? drawn.textContent : "";
        drawn = document.createDocumentFragment();
        drawn.append(text);
    }
    if (!WHOLE.has(node.type))
        for (let child = node.firstChild; child; child = child.next)
            draw(child, drawn, kept);
    into.append(drawn);
}

function markdown(text, kept) {
    const holder = document.createDocumentFragment();
    draw(parser.parse(text), holder, kept);
    return holder;
}

function title(attachment) {
    const heading = make("div", undefined, {className: "title"});
    if (attachment.title_link)
        heading.append(make("a", attachment.title, {href: attachment.title_link}));
    else
        heading.append(markdown(attachment.title, new Set(["text", "link"])));
    return heading;
}

function label(text) {
    const caption = make("div", undefined, {className: "label"});
    for (const part of text.split(/((?<!\w)(?:#\p{L}[\p{L}\d._-]+|~[a-z\d._-]+|:[\w+-]+:))/u))
        caption.append(/^[#~:]./.test(part) ? make("span", part, {className: "found"}) : part);
    return caption;
}

/* Short ones stand two on a line, a long one alone. */
function fields(attachment) {
    const all = make("div", undefined, {className: "fields"});
    for (const field of attachment.fields || []) {
        const cell = make("div", undefined, {className: field.short ? "field short" : "field"});
        cell.append(label(field.title), markdown(String(field.value)));
        all.append(cell);
    }
    return all;
}

function footer(text) {
    return make("div", text.length > CUT_FOOTER ? `${text.slice(0, CUT_FOOTER - 1)}…` : text,
        {className: "footer"});
}

function card(attachment) {
    const whole = document.createDocumentFragment();
    const body = make("div", undefined, {className: "attachment"});
    if (attachment.pretext)
        whole.append(markdown(attachment.pretext));
    body.style.borderLeftColor = attachment.color;
    if (attachment.title)
        body.append(title(attachment));
    if (attachment.text)
        body.append(markdown(attachment.text));
    body.append(fields(attachment));
    if (attachment.footer)
        body.append(footer(attachment.footer));
    whole.append(body);
    return whole;
}

function head(post) {
    const line = make("div", undefined, {className: "head"});
    line.append(make("b", post.username), make("span", "BOT", {className: "tag"}));
    if (post.priority)
        line.append(make("span", post.priority.toUpperCase(), {className: `priority ${post.priority}`}));
    return line;
}

function show(posts) {
    for (const post of posts) {
        const row = make("div", undefined, {className: "post"});
        const content = make("div", undefined, {className: "content"});
        content.append(head(post));
        if (post.message)
            content.append(markdown(post.message));
        content.append(...post.attachments.map(card));
        row.append(make("div", post.username[0], {className: "face"}), content);
        document.body.append(row);
    }
}
