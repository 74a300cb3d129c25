import { folded } from "../src/shop/search/search-fold.ts";

/** What people say before they say what they want, in the languages of the world, as `folded` writes it. */
const GREETINGS = new Set(
  [
    // English
    "hi, hello, hallo, hey, hej, heya, hiya, yo, howdy, greetings, good day, good morning, good afternoon, good evening",
    "g day, gday, what s up, whats up, wassup",
    // Western and northern Europe
    "hola, buenas, buenos dias, buenas tardes, buenas noches, bonjour, bonsoir, salut, coucou, guten tag, guten morgen",
    "guten abend, servus, moin, moin moin, gruss gott, gruezi, ciao, buongiorno, buonasera, salve, ola, oi, bom dia",
    "boa tarde, boa noite, hoi, goedemorgen, goedemiddag, goedenavond, goedendag, hejsan, tjena, god dag, hei, moi, terve",
    "hae, godan daginn, bon dia, kaixo, dia dhuit",
    // Central and eastern Europe
    "czesc, dzien dobry, dobry wieczor, witam, siema, ahoj, cau, dobry den, szia, sziasztok, jo napot, buna, buna ziua",
    "zdravo, bok, dobar dan, labas, sveiki, tere, привет, здравствуйте, здравствуй, добрый день, доброе утро",
    "добрый вечер, привіт, вітаю, добрий день, доброго дня, здравейте, здравей, здраво, добар дан, γεια, γεια σου, γεια σας",
    "γειά, καλημερα, καλησπερα, merhaba, selam, selamlar, gunaydin, iyi gunler, salam, гамарджоба, გამარჯობა, բարեւ, barev",
    // The Middle East, Africa and India
    "مرحبا, أهلا, اهلا وسهلا, السلام عليكم, سلام, صباح الخير, مساء الخير, هلا, درود, شلوم, שלום, היי, הי, בוקר טוב, shalom",
    "نمستے, नमस्ते, नमस्कार, हैलो, हेलो, namaste, নমস্কার, হ্যালো, வணக்கம், vanakkam, నమస్కారం, ನಮಸ್ಕಾರ, നമസ്കാരം",
    "ਸਤ ਸ੍ਰੀ ਅਕਾਲ, jambo, hujambo, habari, sawubona, molo, selam, ሰላም",
    // East and south-east Asia
    "你好, 您好, 你好啊, 大家好, 嗨, 嘿, 哈喽, 哈啰, 哈囉, 早, 早安, 早上好, 下午好, 晚上好, 晚安, 在吗, 在嗎, 有人吗, 有人在吗, 喂",
    "こんにちは, こんばんは, おはよう, おはようございます, もしもし, はじめまして, やあ, 안녕, 안녕하세요, 안녕하십니까, 여보세요",
    "สวัสดี, สวัสดีครับ, สวัสดีค่ะ, หวัดดี, ສະບາຍດີ, សួស្តី, ជំរាបសួរ, မင်္ဂလာပါ, xin chao, chao, chao ban, halo, hai",
    "selamat pagi, selamat siang, selamat sore, selamat malam, kumusta, kamusta, сайн байна уу",
  ].flatMap((row) => row.split(", ").map(plain)),
);
/** Whom people greet. */
const ADDRESSED =
  /(?<=.) (?:there|you|all|everyone|everybody|team|bot|shop|hawker|again|zusammen|a todos|tout le monde)$/u;

/** Words alone: without signs and emoji, and as short as "hiiii" means it. */
function plain(text: string): string {
  return text
    .split(/[^\p{L}\p{M}\p{N}]+/u)
    .map((word) => folded(word).replace(/(\p{L})\1{2,}/gu, "$1"))
    .filter((word) => word !== "")
    .join(" ");
}

/** Thanks and words of parting. Those that are names of goods too ("cheers", "ciao" the bar) are not among them. */
const THANKS = new Set(
  [
    "thanks, thank you, thankyou, thx, many thanks, thanks a lot, thank you very much, thank you so much, ok thanks, ok thank you",
    "danke, danke schon, vielen dank, merci, merci beaucoup, gracias, muchas gracias, obrigado, obrigada, grazie, grazie mille",
    "bedankt, dank je, dank je wel, tack, tack sa mycket, takk, mange takk, mange tak, kiitos, dziekuje, dzieki, dekuji, diky",
    "koszonom, multumesc, hvala, спасибо, большое спасибо, дякую, благодаря, хвала, ευχαριστω, tesekkurler, tesekkur ederim",
    "شكرا, شكرا جزيلا, متشکرم, ممنون, תודה, תודה רבה, धन्यवाद, शुक्रिया, 谢谢, 谢谢你, 谢谢您, 多谢, 感谢, 谢了, ありがとう, ありがとうございます",
    "ありがとうございました, 감사합니다, 고마워, 고마워요, ขอบคุณ, ขอบคุณครับ, ขอบคุณค่ะ, cam on, terima kasih, salamat",
    "bye, bye bye, goodbye, good bye, see you, tschuss, auf wiedersehen, au revoir, adios, hasta luego, arrivederci, tot ziens",
    "hej da, ha det, nakemiin, do widzenia, na shledanou, viszontlatasra, la revedere, до свидания, до побачення, αντιο, hoscakal",
    "مع السلامة, להתראות, 再见, 拜拜, 回头见, さようなら, またね, 안녕히 계세요, ลาก่อน, tam biet",
  ].flatMap((row) => row.split(", ").map(plain)),
);
/** Asking for help and nothing else. */
const HELP = new Set(
  "help, help me, help please, please help, i need help, 帮助, 帮忙, 求助, 怎么用, hilfe, aide, ayuda, ajuda, aiuto, hulp, hjalp, pomoc, помощь, допомога, مساعدة, עזרה, मदद, ヘルプ, 도움말, ช่วยด้วย, bantuan, yardim"
    .split(", ")
    .map(plain),
);

const LONGEST = 60;

/** Whether a text is one of these, said once or over and over ("hi hi"), to whomever. */
function says(text: string, those: ReadonlySet<string>): boolean {
  if (text.length > LONGEST) return false;
  const said = plain(text);
  const [first = "", ...more] = said.split(" ");
  const once = more.every((word) => word === first) ? first : said;
  return [said, once, said.replace(ADDRESSED, "")].some((words) => those.has(words));
}

/** Whether a text does nothing but greet. */
export const isGreeting = (text: string): boolean => says(text, GREETINGS);

/** Whether a text does nothing but thank or say goodbye. */
export const isThanks = (text: string): boolean => says(text, THANKS);

/** Whether a text asks for help and says no more. */
export const asksForHelp = (text: string): boolean => says(text, HELP);

/** What people ask a shop about while they buy. */
export type Topic = "orders" | "shipping" | "returns" | "payment";

const TOPICS: readonly (readonly [Topic, RegExp])[] = [
  [
    "returns",
    /\b(return|refund|exchange|send (it|this|them) back|money back|warranty|cancel)|退货|退款|退换|换货|退吗|保修|取消/iu,
  ],
  [
    "orders",
    /\bmy (order|parcel|package|delivery|stuff)\b|\border status\b|\btrack|订单|快递|包裹|到哪|物流/iu,
  ],
  [
    "shipping",
    /\b(ship|deliver|arrive|postage|how (long|soon|fast))|运费|配送|发货|送货|多久|几天|包邮|送到|寄到/iu,
  ],
  ["payment", /\b(pay|card|paypal|invoice|checkout|price|cost)|付款|支付|刷卡|发票|微信|支付宝|多少钱/iu],
];

/** What a question is about, if it is about buying and not about goods. */
export const topicOf = (text: string): Topic | undefined => TOPICS.find(([, words]) => words.test(text))?.[0];

const ASKS =
  /^(?:(?:so|but|and|ok|okay|hi|hello|hey|sorry|excuse me|please)[\s,!.]+)*(?:(?:where|how|what|when|why|which|who)(?:'?s)?\s+\S+\s+\S|(?:is|are|was|do|does|did|can|could|may|will|would|should|must)\s+(?:i|you|it|my|the|this|there|we|they|that|your|these)\b)/iu;
const ASKS_IN_CHINESE =
  /(?:吗|嗎|呢|么|麼)[。！\s]*$|^(?:请问|請問|怎么|怎麼|如何|为什么|為什麼|什么时候|什麼時候|哪里|哪裡|多久|能不能|可不可以)/u;

/**
 * Whether a text asks something, also without a question mark. Names and addresses must not look like it, so what has no
 * mark counts only if it has no digits and begins as questions do.
 */
export const isQuestion = (text: string): boolean =>
  /[?？؟]\s*$/u.test(text) ||
  (!/\d/.test(text) && (ASKS.test(text.trim()) || ASKS_IN_CHINESE.test(text.trim())));
