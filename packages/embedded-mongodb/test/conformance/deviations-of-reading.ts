import type { Deviations } from "./servers.ts";

/** Known deviations in the tables of collations, projections, sorts, distinct and count, by the title of a case. */
export const readingDeviations: Readonly<Record<string, Deviations>> = {
  'arrays sort by their least element upwards and their greatest downwards > {"v":-1,"_id":1}': {
    documentdb: "answers [ 6, 1, 3, 2, 4, 5 ]",
  },
  'collation > {"locale":"en","numericOrdering":true} {"s":{"$gt":"a2","$lt":"b"}}': {
    documentdb: "refuses it: collation is not supported in the find command yet.",
  },
  'collation > {"locale":"en","numericOrdering":true} {"s":{"$lte":"a2","$gt":""}}': {
    documentdb: "refuses it: collation is not supported in the find command yet.",
    secantus: "answers [ 'CAFÉ', 'Cafe', 'a2' ]",
  },
  'collation > {"locale":"en","strength":1,"caseLevel":true} {"s":"cafe"}': {
    documentdb: "refuses it: collation is not supported in the find command yet.",
  },
  'collation > {"locale":"en","strength":1} {"s":"/^CAFE/"}': {
    documentdb: "refuses it: collation is not supported in the find command yet.",
  },
  'collation > {"locale":"en","strength":1} {"s":"cafe"}': {
    documentdb: "refuses it: collation is not supported in the find command yet.",
  },
  'collation > {"locale":"en","strength":1} {"s":"strasse"}': {
    documentdb: "refuses it: collation is not supported in the find command yet.",
  },
  'collation > {"locale":"en","strength":1} {"s":{"$eq":"CAFE"}}': {
    documentdb: "refuses it: collation is not supported in the find command yet.",
  },
  'collation > {"locale":"en","strength":1} {"s":{"$gt":"CAFE","$lt":"d"}}': {
    documentdb: "refuses it: collation is not supported in the find command yet.",
  },
  'collation > {"locale":"en","strength":1} {"s":{"$gte":"CAFE","$lt":"d"}}': {
    documentdb: "refuses it: collation is not supported in the find command yet.",
  },
  'collation > {"locale":"en","strength":1} {"s":{"$ne":"CAFE"}}': {
    documentdb: "refuses it: collation is not supported in the find command yet.",
  },
  'collation > {"locale":"en","strength":1} {"s":{"$not":{"$eq":"CAFE"},"$regex":"^caf"}}': {
    documentdb: "refuses it: collation is not supported in the find command yet.",
  },
  'collation > {"locale":"en","strength":2,"alternate":"shifted","maxVariable":"space"} {"s":"c afe"}': {
    documentdb: "refuses it: collation is not supported in the find command yet.",
    secantus: "answers []",
  },
  'collation > {"locale":"en","strength":2,"alternate":"shifted"} {"s":"cafe"}': {
    documentdb: "refuses it: collation is not supported in the find command yet.",
    secantus: "answers [ 'Cafe', 'cafe' ]",
  },
  'collation > {"locale":"en","strength":2,"caseLevel":true} {"s":"cafe"}': {
    documentdb: "refuses it: collation is not supported in the find command yet.",
  },
  'collation > {"locale":"en","strength":2} {"$expr":{"$eq":["$s","CAF"]}}': {
    documentdb: "refuses it: collation is not supported in the find command yet.",
    secantus: "answers []",
  },
  'collation > {"locale":"en","strength":2} {"$expr":{"$in":["$s",["CAF","A2"]]}}': {
    documentdb: "refuses it: collation is not supported in the find command yet.",
    secantus: "answers []",
  },
  'collation > {"locale":"en","strength":2} {"$or":[{"s":"CAF"},{"s":"A2"}]}': {
    documentdb: "refuses it: collation is not supported in the find command yet.",
  },
  'collation > {"locale":"en","strength":2} {"list":"CAF"}': {
    documentdb: "refuses it: collation is not supported in the find command yet.",
  },
  'collation > {"locale":"en","strength":2} {"list":{"$all":["CAF","Y"]}}': {
    documentdb: "refuses it: collation is not supported in the find command yet.",
    secantus: "answers []",
  },
  'collation > {"locale":"en","strength":2} {"list":{"$elemMatch":{"$eq":"CAF"}}}': {
    documentdb: "refuses it: collation is not supported in the find command yet.",
    secantus: "answers []",
  },
  'collation > {"locale":"en","strength":2} {"of":{"WORD":"caf"}}': {
    documentdb: "refuses it: collation is not supported in the find command yet.",
  },
  'collation > {"locale":"en","strength":2} {"of":{"word":"CAF"}}': {
    documentdb: "refuses it: collation is not supported in the find command yet.",
  },
  'collation > {"locale":"en","strength":2} {"s":"cafe"}': {
    documentdb: "refuses it: collation is not supported in the find command yet.",
  },
  'collation > {"locale":"en","strength":2} {"s":{"$in":["CAF","CAFETERIA",5]}}': {
    documentdb: "refuses it: collation is not supported in the find command yet.",
  },
  'collation > {"locale":"en","strength":2} {"s":{"$nin":["CAFE","CAFÉ","STRASSE"]}}': {
    documentdb: "refuses it: collation is not supported in the find command yet.",
    secantus: "answers [ '', 'a10', 'a2', 'ca-fe', …(2) ]",
  },
  'collation > {"locale":"en","strength":3,"alternate":"shifted"} {"s":"cafe"}': {
    documentdb: "refuses it: collation is not supported in the find command yet.",
    secantus: "answers [ 'cafe' ]",
  },
  'collation > {"locale":"en","strength":4,"alternate":"shifted"} {"s":"cafe"}': {
    documentdb: "refuses it: collation is not supported in the find command yet.",
  },
  'collation > {"locale":"en"} {"s":"cafe"}': {
    documentdb: "refuses it: collation is not supported in the find command yet.",
  },
  'collation > {"locale":"simple"} {"s":"cafe"}': {
    documentdb: "refuses it: collation is not supported in the find command yet.",
  },
  "collations > $addToSet adds nothing that is equal by it": {
    documentdb: "refuses it: BSON field 'update.updates.collation' is not yet supported",
    secantus: "answers [ 'x', 'X' ]",
  },
  "collations > a delete and a findAndModify look for text by it": {
    documentdb: "refuses it: findAndModify.collation is not implemented yet",
  },
  "collations > a simple one is none": {
    secantus: "answers { name: 'own4', …(4) } to not have property \"options.collati",
  },
  "collations > an update, its array filters and its $pull compare by it": {
    documentdb: "refuses it: BSON field 'update.updates.collation' is not yet supported",
    secantus: "answers { _id: 1, s: 'Ada', …(2) }",
  },
  "collations > distinct keeps one of the values that are equal": {
    documentdb: "refuses it: collation is not supported in the distinct command yet.",
    secantus: "answers [ 'b', 'a', '5' ]",
  },
  "collations > each stage of a pipeline compares by it": {
    documentdb: "refuses it: collation is not supported in the aggregate command yet.",
    secantus: "answers [ { _id: 1, eq: false, cmp: 1 } ]",
  },
  "collations > gives way to one that a command asks for, also the simple one": {
    documentdb: "refuses it: collation is not supported in the find command yet.",
  },
  "collations > is listed in full": {
    documentdb: 'refuses it: Error in specification { "collation" : { "locale" : "en", "strength" :',
    secantus: "answers { locale: 'en', strength: 2 }",
  },
  "collations > is listed in full and is that of its searches": {
    documentdb: "answers { name: 'own1', …(4) }",
    secantus: "answers { name: 'own1', …(4) }",
  },
  "collations > is not built over what it takes for equal": { documentdb: "answers 115" },
  "collations > is that of its indexes, unless they have their own": {
    documentdb: 'refuses it: Error in specification { "unique" : true, "sparse" : true, "collation"',
    secantus: "accepts it",
  },
  "collations > keeps apart just what it tells apart": {
    documentdb: 'refuses it: Error in specification { "unique" : true, "collation" : { "locale" : "',
  },
  "collations > of a view is its own, and no command overrides it": {
    documentdb: "answers []",
    secantus: "answers [ { …(2) } ]",
  },
  "collations > stands beside another one on the same field": {
    documentdb: 'refuses it: Error in specification { "name" : "folded", "collation" : { "locale" :',
  },
  'computed fields > {"a":0,"x":{"$add":[1,1]}}': { documentdb: "refuses with 31254" },
  'computed fields > {"a":{"$nope":1}}': { secantus: "refuses with 168" },
  'count > {"count":""}': { secantus: "accepts it" },
  'count > {"count":"c","limit":"1"}': { documentdb: "refuses with 5107201", secantus: "refuses with 2" },
  'count > {"count":"c","nope":1}': { documentdb: "refuses with 2", secantus: "accepts it" },
  'count > {"count":"c","skip":-1}': { documentdb: "refuses with 51024" },
  'count > {"distinct":"c","key":"a","nope":1}': { documentdb: "refuses with 2" },
  'count > {"distinct":"c"}': { documentdb: "refuses with 2" },
  "distinct > r.k undefined": { secantus: "answers [ '\"c\"' ]" },
  "distinct > v undefined": { secantus: "answers [ '\"1\"', '1', '1', 'null' ]" },
  'fields shown and left out > {"":1}': { documentdb: "refuses with 9", secantus: "accepts it" },
  'fields shown and left out > {"$a":1}': { secantus: "accepts it" },
  'fields shown and left out > {"b":0,"a":1}': { documentdb: "refuses with 31254" },
  'fields shown and left out > {"b.":1}': { documentdb: "refuses with 9", secantus: "accepts it" },
  'fields shown and left out > {"b.$c":1}': { secantus: "accepts it" },
  'fields shown and left out > {"b..c":1}': { documentdb: "refuses with 9", secantus: "accepts it" },
  'parts of arrays > {"b.c":{"$elemMatch":{"k":1}}}': {
    documentdb: "refuses with 2",
    secantus: "accepts it",
  },
  'parts of arrays > {"docs":{"$elemMatch":1}}': { documentdb: "refuses with 2" },
  'parts of arrays > {"docs.k":"y"} {"docs.$.n":1}': {
    documentdb: "refuses with 16410",
    secantus: "accepts it",
  },
  'refused collation > {"locale":""}': { documentdb: "refuses with 1", secantus: "accepts it" },
  'refused collation > {"locale":"en","alternate":"none"}': { documentdb: "refuses with 1" },
  'refused collation > {"locale":"en","caseFirst":"both"}': { documentdb: "refuses with 1" },
  'refused collation > {"locale":"en","caseLevel":"yes"}': { documentdb: "refuses with 1" },
  'refused collation > {"locale":"en","maxVariable":"all"}': { documentdb: "refuses with 1" },
  'refused collation > {"locale":"en","nope":1}': { documentdb: "refuses with 1" },
  'refused collation > {"locale":"en","strength":"1"}': { documentdb: "refuses with 1" },
  'refused collation > {"locale":"en","strength":0}': { documentdb: "refuses with 1" },
  'refused collation > {"locale":"en","strength":1,"backwards":true}': {
    documentdb: "refuses with 1",
    secantus: "accepts it",
  },
  'refused collation > {"locale":"en","strength":1,"caseFirst":"upper"}': {
    documentdb: "refuses with 1",
    secantus: "accepts it",
  },
  'refused collation > {"locale":"en","strength":6}': { documentdb: "refuses with 1" },
  'refused collation > {"locale":"en_ZZ_nowhere!"}': { documentdb: "refuses with 1", secantus: "accepts it" },
  'refused collation > {"locale":"simple","strength":1}': {
    documentdb: "refuses with 1",
    secantus: "accepts it",
  },
  'refused collation > {"locale":"xx"}': { documentdb: "refuses with 1", secantus: "accepts it" },
  'refused collation > {"locale":5}': { documentdb: "refuses with 1" },
  'refused collation > {"strength":1}': { documentdb: "refuses with 1" },
  "sort > sorts down by an index": { secantus: "answers [ 43, 42, 41, 40, 39, 38, 37, …(41) ]" },
  "sort > sorts down without an index": { secantus: "answers [ 43, 42, 41, 40, 39, 38, 37, …(41) ]" },
  "sort > sorts up by an index": { secantus: "answers [ Array(48) ]" },
  "sort > sorts up without an index": { secantus: "answers [ Array(48) ]" },
  'sort > {"":1} fails with 40352': { documentdb: "refuses with 2" },
  'sort > {"$a":1} fails with 16410': { documentdb: "accepts it" },
  'sort > {"a":"up"} fails with 15974': { documentdb: "refuses with 1" },
  'sort > {"a":0} fails with 15975': { documentdb: "refuses with 1" },
  'sort > {"a":2} fails with 15975': { documentdb: "refuses with 1" },
  'sort > {"a":null} fails with 15974': { documentdb: "refuses with 1" },
  'sort > {"a.":1} fails with 40353': { documentdb: "refuses with 2" },
  'sort > {"a..b":1} fails with 15998': { documentdb: "refuses with 2" },
  'sort > {"locale":"de"} a ä o ö z': {
    documentdb: "refuses it: collation is not supported in the find command yet.",
  },
  'sort > {"locale":"de@collation=phonebook"} Ad Ä Af': {
    documentdb: "refuses it: collation is not supported in the find command yet.",
    secantus: "answers [ 'Ä', 'Ad', 'Af' ]",
  },
  'sort > {"locale":"en","alternate":"shifted","strength":4} di lu di-lu dilu dim': {
    documentdb: "refuses it: collation is not supported in the find command yet.",
  },
  'sort > {"locale":"en","caseFirst":"upper"} A a B b': {
    documentdb: "refuses it: collation is not supported in the find command yet.",
  },
  'sort > {"locale":"en","numericOrdering":true} a2 a10 a100': {
    documentdb: "refuses it: collation is not supported in the find command yet.",
  },
  'sort > {"locale":"en","strength":1,"caseLevel":true,"caseFirst":"upper"} A a B': {
    documentdb: "refuses it: collation is not supported in the find command yet.",
  },
  'sort > {"locale":"en"} a A b B': {
    documentdb: "refuses it: collation is not supported in the find command yet.",
  },
  'sort > {"locale":"en"} a10 a100 a2': {
    documentdb: "refuses it: collation is not supported in the find command yet.",
  },
  'sort > {"locale":"en"} cote coté côte côté': {
    documentdb: "refuses it: collation is not supported in the find command yet.",
  },
  'sort > {"locale":"es@collation=traditional"} cz ch d': {
    documentdb: "refuses it: collation is not supported in the find command yet.",
    secantus: "answers [ 'ch', 'cz', 'd' ]",
  },
  'sort > {"locale":"simple"} B a b é ü': {
    documentdb: "refuses it: collation is not supported in the find command yet.",
    secantus: "answers [ 'a', 'b', 'B', 'é', 'ü' ]",
  },
  'sort > {"locale":"sv"} a z å ä ö': {
    documentdb: "refuses it: collation is not supported in the find command yet.",
    secantus: "answers [ 'a', 'å', 'ä', 'ö', 'z' ]",
  },
  'sort > {"locale":"zh"} 阿 波 中': {
    documentdb: "refuses it: collation is not supported in the find command yet.",
    secantus: "answers [ '中', '波', '阿' ]",
  },
  "options of find > returnKey shows the fields of the index only, showRecordId adds a number of its own to each":
    { documentdb: "refuses it: The key returnKey is currently not supported" },
  'options of find > {"filter":{"n":4},"hint":{"$natural":-1}}': { documentdb: "answers [ 4, 9 ]" },
  'options of find > {"limit":"1"}': { documentdb: "refuses with 5107201" },
  'options of find > {"limit":4,"singleBatch":true,"batchSize":2}': { secantus: "answers [ +0, 1, 2, 3 ]" },
  'options of find > {"nope":1}': { documentdb: "refuses with 2", secantus: "accepts it" },
  'options of find > {"skip":"1"}': { documentdb: "refuses with 5107200" },
  'options of find > {"sort":{"$natural":-1},"limit":2}': { secantus: "answers [ +0, 1 ]" },
  "output of pipelines > $merge discards or refuses what matches nothing": { secantus: "refuses with 14" },
  'output of pipelines > $merge with [{"$set":{"sum":{"$add":["$n","$$new.n"]}}}] gives {"_id":1,"n":7,"old":true,"sum":8}':
    { documentdb: "refuses it: $merge 'whenMatched' with 'pipeline' not supported yet" },
  "output of pipelines > $out leaves what was there when it fails": {
    documentdb: "refuses with 1",
    secantus: "accepts it",
  },
  "output of pipelines > $out replaces a collection as a whole and keeps its indexes": {
    secantus: "answers [ { v: 2, key: { _id: 1 }, …(1) } ]",
  },
  "collations > finds what differs only far behind the beginning": {
    documentdb: "has no collations of indexes",
  },
  "output of pipelines > $densify takes the whole range in each partition when its bounds are full": {
    documentdb: "makes documents without the field",
    secantus: "makes documents without the field",
  },
  "output of pipelines > $densify takes each partition's own range when its bounds are of partitions": {
    secantus: "accepts bounds of partitions without partitions",
  },
  'fields of references > {"to":{"$elemMatch":{"$id":5}}}': {
    documentdb: "refuses it: Unrecognized operator specified: $id",
    secantus: "refuses it: unknown operator: $id",
  },
  'fields of references > {"to":{"$elemMatch":{"$ref":"things","$id":6}}}': {
    secantus: "refuses it: $elemMatch needs an Object",
  },
  'fields of references > {"to":{"$elemMatch":{"$db":{"$exists":true}}}}': {
    documentdb: "refuses it: Unrecognized operator specified: $db",
    secantus: "refuses it: unknown operator: $db",
  },
  'fields of references > {"to.$id":6}': { secantus: "answers []" },
};
