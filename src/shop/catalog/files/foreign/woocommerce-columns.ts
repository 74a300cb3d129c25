import { type ColumnNames, columnFinder, foldedName } from "../csv/column-names.ts";

/**
 * The columns that are read, by their English names, each with what WooCommerce calls it in other languages: an export's
 * header is in the language of who made it. German, French, Spanish, Italian, Dutch, Polish and Portuguese, as exports
 * of these shops have them, with former translations.
 * https://github.com/woocommerce/woocommerce/wiki/Product-CSV-Import-Schema
 */
const NAMES: ColumnNames = {
  id: [],
  type: ["Typ", "Tipo"],
  sku: ["Artikelnummer", "Artikelnummer (SKU)", "UGS", "COD"],
  name: ["Nom", "Nombre", "Nome", "Naam", "Nazwa"],
  published: ["Veröffentlicht", "Publié", "Publicado", "Pubblicato", "Gepubliceerd", "Opublikowano"],
  "visibility in catalog": [
    "Sichtbarkeit im Katalog",
    "Katalogsichtbarkeit",
    "Visibilité dans le catalogue",
    "Visibilidad en el catálogo",
    "Visibilità nel catalogo",
    "Zichtbaarheid in catalogus",
    "Widoczność w katalogu",
    "Visibilidade no catálogo",
  ],
  "short description": [
    "Kurzbeschreibung",
    "Description courte",
    "Descripción corta",
    "Breve descrizione",
    "Korte beschrijving",
    "Korte omschrijving",
    "Krótki opis",
    "Descrição curta",
    "Breve descrição",
  ],
  description: ["Beschreibung", "Descripción", "Descrizione", "Beschrijving", "Opis", "Descrição"],
  "date sale price starts": [
    "Datum, an dem Angebotspreis beginnt",
    "Datum, an dem der Angebotspreis beginnt",
    "Date de début de promo",
    "Día en que empieza el precio rebajado",
    "Data di partenza del prezzo in saldo",
    "Startdatum actieprijs",
    "Data rozpoczęcia promocji",
    "Data de preço promocional começa em",
  ],
  "date sale price ends": [
    "Datum, an dem Angebotspreis endet",
    "Datum, an dem der Angebotspreis endet",
    "Date de fin de promo",
    "Día en que termina el precio rebajado",
    "Data in cui termina l'offerta",
    "Termine data del prezzo di vendita",
    "Einddatum actieprijs",
    "Data zakończenia promocji",
    "Data de preço promocional termina em",
  ],
  "in stock?": [
    "Vorrätig?",
    "Auf Lager?",
    "En stock ?",
    "¿Existencias?",
    "¿En inventario?",
    "Op voorraad?",
    "W magazynie?",
    "Em estoque?",
  ],
  stock: [
    "Bestand",
    "Lager",
    "Lagerbestand",
    "Inventario",
    "Magazzino",
    "Voorraad",
    "Stan magazynowy",
    "Estoque",
  ],
  "backorders allowed?": [
    "Lieferrückstände erlaubt?",
    "Autoriser les commandes de produits en rupture ?",
    "¿Permitir reservas de productos agotados?",
    "Abilita gli ordini arretrati?",
    "Nabestellingen toestaan?",
    "Pozwalać na zamówienia oczekujące (na dostawę do magazynu)?",
    "São permitidas encomendas?",
  ],
  "sale price": [
    "Angebotspreis",
    "Tarif promo",
    "Prix promo",
    "Precio rebajado",
    "Prezzo in offerta",
    "Actieprijs",
    "Cena promocyjna",
    "Preço promocional",
  ],
  "regular price": [
    "Regulärer Preis",
    "Normaler Preis",
    "Tarif régulier",
    "Prix régulier",
    "Precio normal",
    "Precio regular",
    "Prezzo di listino",
    "Reguliere prijs",
    "Cena",
    "Cena regularna",
    "Preço",
    "Preço normal",
  ],
  categories: [
    "Kategorien",
    "Catégories",
    "Categorías",
    "Categorie",
    "Categorieën",
    "Kategorie",
    "Categorias",
  ],
  tags: ["Schlagwörter", "Étiquettes", "Etiquetas", "Etichette", "Tag", "Tagi"],
  images: ["Bilder", "Imágenes", "Immagine", "Immagini", "Afbeeldingen", "Obrazki", "Imagens"],
  parent: [
    "Übergeordnetes Produkt",
    "Eltern",
    "Superior",
    "Genitore",
    "Hoofd",
    "Element nadrzędny",
    "Ascendente",
  ],
  position: ["Posición", "Posizione", "Positie", "Pozycja", "Posição"],
  currency: [],
};

const named = columnFinder(NAMES);

// "Attribut 1 Name", "Nom de l'attribut 1", "Naam eigenschap 1", "Nazwa atrybutu 1": the words in any order.
const ATTRIBUTE = /^(?=.*\b(attribute?|attributo|atributo|atrybutu?|eigenschap)\b)/;
const ATTRIBUTE_NAME = /\b(name|nom|nombre|nome|naam|nazwa)\b/;
const ATTRIBUTE_VALUE = /\b(values?|wert|valeurs?|valor(es)?|valore|valuta|waarden?|wartosci)\b/;
const WEIGHT = /^(?:weight|gewicht|poids|peso|waga) (kg|g|lbs?|oz|livres)$/;
const UNITS: Readonly<Record<string, string>> = { livres: "lbs", lb: "lbs" };

/** Which column of WooCommerce's a name in a header means; numbered ones as "attribute 1 name" and "weight (kg)". */
export function wooColumn(name: string): string | undefined {
  const column = named(name);
  if (column !== undefined) return column;
  const folded = foldedName(name);
  const [, unit] = WEIGHT.exec(folded) ?? [];
  if (unit !== undefined) return `weight (${UNITS[unit] ?? unit})`;
  const [number, more] = folded.match(/\b\d+\b/g) ?? [];
  if (number === undefined || more !== undefined || !ATTRIBUTE.test(folded)) return undefined;
  if (ATTRIBUTE_NAME.test(folded)) return `attribute ${number} name`;
  return ATTRIBUTE_VALUE.test(folded) ? `attribute ${number} value(s)` : undefined;
}
