/* Draws a message's cards with the official renderer, as Teams does: Markdown processing is on, with
 * the rules that Microsoft's own sample for Teams switches off, in Teams' colours by day and by night
 * (Fluent UI), and for no later version than a flow may post. What the renderer complains of, and
 * which URLs were opened, stay here for a test to look at. */
"use strict";

const NOT_OF_TEAMS = ["image", "table", "heading", "hr", "code", "reference", "lheading",
                      "html_block", "fence", "blockquote", "strikethrough"];
const complaints = [];
const opened = [];

function colours(plain, subtle) {
  return { default: plain, subtle: subtle || plain };
}

function style(background, theme) {
  const foregroundColors = {
    default: colours(theme.text, theme.subtle), dark: colours(theme.text, theme.subtle),
    light: colours(theme.text, theme.subtle), accent: colours(theme.accent),
    good: colours(theme.good), warning: colours(theme.warning), attention: colours(theme.attention),
  };
  return { backgroundColor: background, foregroundColors };
}

const LIGHT = {
  page: "#f5f5f5", text: "#242424", subtle: "#616161", accent: "#5b5fc7", good: "#237b4b",
  warning: "#835c00", attention: "#c4314b",
  grounds: { default: "#ffffff", emphasis: "#f0f0f0", accent: "#e8ebfa", good: "#e7f2da",
             warning: "#fbf6d9", attention: "#fcf4f6" },
};
const DARK = {
  page: "#1f1f1f", text: "#ffffff", subtle: "#d6d6d6", accent: "#a6a7dc", good: "#92c353",
  warning: "#f8d22a", attention: "#f9526b",
  grounds: { default: "#292929", emphasis: "#3d3d3d", accent: "#2b2b40", good: "#0d2e0d",
             warning: "#463f08", attention: "#3b1519" },
};

function hostConfig(theme) {
  const containerStyles = {};
  for (const [name, ground] of Object.entries(theme.grounds))
    containerStyles[name] = style(ground, theme);
  return new AdaptiveCards.HostConfig({
    supportsInteractivity: true,
    fontFamily: "'Segoe UI', 'Liberation Sans', sans-serif",
    fontSizes: { small: 12, default: 14, medium: 14, large: 18, extraLarge: 24 },
    fontWeights: { lighter: 200, default: 400, bolder: 600 },
    lineHeights: { small: 16, default: 20, medium: 20, large: 24, extraLarge: 32 },
    spacing: { small: 4, default: 8, medium: 12, large: 20, extraLarge: 32, padding: 16 },
    actions: { maxActions: 6, buttonSpacing: 8, actionsOrientation: "horizontal",
               actionAlignment: "left", spacing: "default" },
    containerStyles,
  });
}

function processMarkdown(text, result) {
  result.outputHtml = window.markdownit().disable(NOT_OF_TEAMS).render(text);
  result.didProcess = true;
}

function drawCard(content, config) {
  const card = new AdaptiveCards.AdaptiveCard();
  const context = new AdaptiveCards.SerializationContext(AdaptiveCards.Versions.v1_4);
  card.hostConfig = config;
  card.onExecuteAction = action => opened.push(action.url);
  card.parse(content, context);
  for (let i = 0; i < context.eventCount; i++)
    complaints.push(context.getEventAt(i).message);
  for (const fault of card.validateProperties().validationEvents)
    complaints.push(fault.message);
  return card.render();
}

function draw(message) {
  const theme = matchMedia("(prefers-color-scheme: dark)").matches ? DARK : LIGHT;
  AdaptiveCards.AdaptiveCard.onProcessMarkdown = processMarkdown;
  document.body.style.background = theme.page;
  for (const attachment of message.attachments) {
    const frame = document.createElement("div");
    frame.className = "frame";
    frame.append(drawCard(attachment.content, hostConfig(theme)));
    document.body.append(frame);
  }
}
