/* What receivers of webhooks make of a post, by the libraries that they use. On standard input: the
 * post's headers and body, and secrets. Printed: what each library says. */
const { CloudEvent, HTTP } = require("cloudevents");
const { Webhook } = require("standardwebhooks");

function verdict(secret, { headers, body }) {
    try {
        return { verified: new Webhook(secret).verify(body, headers) };
    } catch (error) {
        return { refused: error.message };
    }
}

function asEvent({ headers, body }) {
    if (!HTTP.isEvent({ headers, body }))
        return { isEvent: false };
    const event = HTTP.toEvent({ headers, body });
    return { isEvent: true, isOne: event instanceof CloudEvent, isValid: event.validate(), event };
}

let text = "";
process.stdin.on("data", (chunk) => { text += chunk; });
process.stdin.on("end", () => {
    const post = JSON.parse(text);
    console.log(JSON.stringify({
        signatures: post.secrets.map((secret) => verdict(secret, post)), ...asEvent(post),
    }));
});
