// The packages of npm, each as its own page tells: prints what they got as JSON. NODE_PATH names their folder.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [, , address, key, text] = process.argv;
const folder = process.env.NODE_PATH;
const require = createRequire(`${folder}/`);
const got = {};

const { libreTranslate } = require(`${folder}/libretranslate-ts`);
libreTranslate.setApiEndpoint(address);
libreTranslate.setApiKey(key);
got.languages = await libreTranslate.listLanguages();
got.detected = await libreTranslate.detect(text);
got.sdk = await libreTranslate.translate(text, "be", "en", 2);
libreTranslate.setApiKey("nobody");
got.refused = await libreTranslate.translate(text, "be", "en");

// It sends its key by a name that LibreTranslate does not know, so this one is for servers that are open.
const { translate: simple } = require(`${folder}/libretranslate`);
got.simple = key ? null : await simple({ query: text, source: "auto", target: "en", apiurl: address });

const { default: translate } = await import(pathToFileURL(`${folder}/translate/index.min.js`));
translate.engine = "libre";
translate.url = `${address}/translate`;
translate.key = key;
translate.from = "be";
got.fluent = await translate(text, "en");

console.log(JSON.stringify(got));
