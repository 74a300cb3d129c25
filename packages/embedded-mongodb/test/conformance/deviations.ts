import { readingDeviations } from "./deviations-of-reading.ts";
import type { Deviations } from "./servers.ts";

/**
 * Known deviations by the title of a case in a table: what the server does instead of what the case states.
 */
const known: Readonly<Record<string, Deviations>> = {
  " > $lookup joins by field and by pipeline, $unionWith appends, $graphLookup follows": {
    secantus: "answers [ { _id: 1 }, { _id: 2 }, { _id: 3 } ]",
  },
  '$add, $subtract, $multiply > {"$add":["$t",0.6]}': { secantus: "answers { Object ($date) }" },
  '$all, $elemMatch and $size > {"r":{"$elemMatch":{"$or":[{"n":1},{"p":"y"}]}}}': {
    secantus: "refuses it: unknown operator: $or",
  },
  '$all, $elemMatch and $size > {"r":{"$elemMatch":{"0":1}}}': { secantus: "answers []" },
  '$all, $elemMatch and $size > {"t":{"$all":[["a"]]}}': { secantus: "answers []" },
  '$all, $elemMatch and $size > {"t":{"$all":[null]}}': { secantus: "answers []" },
  '$convert > {"$convert":{"input":"$s","to":"$n"}}': {
    secantus: "refuses it: Executor error during aggregate command on namespace: test_f1b33df7fa8",
  },
  '$convert > {"$convert":{"input":"$s","to":{"type":"double"}}}': {
    secantus: "refuses it: internal server error",
  },
  '$convert > {"$convert":{"input":"$t","to":"string"}}': {
    secantus: "answers '2026-03-29T01:30:15.250000'",
  },
  '$expr > {"$expr":{"$foo":1}}': { documentdb: "refuses with 31325" },
  '$expr > {"a":{"$elemMatch":{"$expr":true}}}': { secantus: "accepts it" },
  '$group and its accumulators > [{"$group":{"_id":1,"a.b":{"$sum":1}}}]': { secantus: "accepts it" },
  '$group and its accumulators > [{"$group":{"_id":1,"n":{"$nope":1}}}]': { secantus: "refuses with 168" },
  '$group and its accumulators > [{"$group":{"_id":1,"n":{"$sum":1,"$avg":1}}}]': {
    secantus: "refuses with 14",
  },
  '$jsonSchema > {"$jsonSchema":1}': { documentdb: "refuses with 2" },
  '$jsonSchema > {"$jsonSchema":{"allOf":[{"required":["name"]},{"required":["tags"]}]}}': {
    documentdb: "refuses it: Unknown $jsonSchema keyword: allOf",
  },
  '$jsonSchema > {"$jsonSchema":{"anyOf":[{"required":["at"]},{"properties":{"age":{"type":"string"}},"required":["age"]}]}}':
    { documentdb: "refuses it: Unknown $jsonSchema keyword: anyOf" },
  '$jsonSchema > {"$jsonSchema":{"dependencies":{"tags":["age"]}}}': {
    documentdb: "refuses it: Unknown $jsonSchema keyword: dependencies",
  },
  '$jsonSchema > {"$jsonSchema":{"maxProperties":2}}': {
    documentdb: "refuses it: Unknown $jsonSchema keyword: maxProperties",
  },
  '$jsonSchema > {"$jsonSchema":{"minProperties":4}}': {
    documentdb: "refuses it: Unknown $jsonSchema keyword: minProperties",
  },
  '$jsonSchema > {"$jsonSchema":{"not":{"required":["name"]}}}': {
    documentdb: "refuses it: Unknown $jsonSchema keyword: not",
  },
  '$jsonSchema > {"$jsonSchema":{"patternProperties":{"^n":{"type":"string"}}}}': {
    documentdb: "refuses it: Unknown $jsonSchema keyword: patternProperties",
  },
  '$jsonSchema > {"$jsonSchema":{"properties":1}}': { secantus: "refuses with 1" },
  '$jsonSchema > {"$jsonSchema":{"properties":{"_id":{},"age":{}},"additionalProperties":false}}': {
    documentdb: "refuses it: Unknown $jsonSchema keyword: additionalProperties",
  },
  '$jsonSchema > {"$jsonSchema":{"properties":{"a":{"minimum":"1"}}}}': { secantus: "accepts it" },
  '$jsonSchema > {"$jsonSchema":{"required":[]}}': { documentdb: "accepts it", secantus: "accepts it" },
  '$jsonSchema > {"$jsonSchema":{"title":"t","description":"d"},"age":36}': {
    documentdb: "refuses it: Unknown $jsonSchema keyword: title",
  },
  '$mod > {"v":{"$mod":[-4,1]}}': { secantus: "answers [ '1', '4', '5', '7' ]" },
  '$mod > {"v":{"$mod":[10,3]}}': { secantus: "answers []" },
  '$mod > {"v":{"$mod":[4,"a"]}}': { secantus: "accepts it" },
  '$mod > {"v":{"$mod":[4,1,1]}}': { secantus: "accepts it" },
  '$mod > {"v":{"$mod":[4,1]}}': { secantus: "answers [ '1', '4', '5', '7' ]" },
  '$mod > {"v":{"$mod":[4.9,0.9]}}': { secantus: "answers []" },
  '$mod > {"v":{"$mod":[{"$numberDecimal":"4"},{"high":0,"low":1,"unsigned":false}]}}': {
    secantus: "answers [ '1', '4', '5', '7' ]",
  },
  '$regex > {"s":{"$in":[{"$regex":"a"}]}}': { documentdb: "accepts it" },
  '$regex > {"s":{"$regex":"/a/i","$options":"m"}}': { secantus: "accepts it" },
  '$regex > {"s":{"$regex":"[[:digit:]]+$"}}': { secantus: "answers []" },
  '$regex > {"s":{"$regex":"\\\\Qa.b\\\\E"}}': {
    secantus: "refuses it: Regular expression is invalid: bad escape \\Q at position 0",
  },
  '$regex > {"s":{"$regex":"\\\\p{Han}"}}': {
    secantus: "refuses it: Regular expression is invalid: bad escape \\p at position 0",
  },
  '$regex > {"s":{"$regex":"^[[:alpha:]]+$"}}': { secantus: "answers []" },
  '$regex > {"s":{"$regex":"^\\\\h*line\\\\h"}}': {
    secantus: "refuses it: Regular expression is invalid: bad escape \\h at position 1",
  },
  '$regex > {"s":{"$regex":"a(?i)BC"}}': {
    secantus: "refuses it: Regular expression is invalid: global flags not at the start of the ex",
  },
  '$regex > {"s":{"$regex":"a\\u0000b"}}': { secantus: "accepts it" },
  '$type > {"v":{"$type":null}}': { documentdb: "refuses with 2" },
  '$unwind > [{"$match":{"_id":{"$gte":2}}},{"$unwind":{"path":"$tags","includeArrayIndex":"at","preserveNullAndEmptyArrays":true}},{"$project":{"tags":1,"at":1}}]':
    { secantus: "answers [ { …(2) }, { …(3) }, …(1) ]" },
  'arithmetic of dates > {"$dateAdd":{"startDate":"$end","unit":"$n","amount":1}}': {
    secantus: "refuses it: Executor error during aggregate command on namespace: test_2ca79e22dc4",
  },
  'arithmetic of dates > {"$dateAdd":{"startDate":"$end","unit":"day"}}': { documentdb: "accepts it" },
  'arithmetic of dates > {"$dateAdd":{"startDate":"$s","unit":"day","amount":1}}': {
    secantus: "refuses with 14",
  },
  'arithmetic of dates > {"$dateDiff":{"startDate":"$s","endDate":"$t","unit":"day"}}': {
    secantus: "refuses with 14",
  },
  'arithmetic of dates > {"$dateTrunc":{"date":"$s","unit":"day"}}': { secantus: "refuses with 14" },
  'arithmetic of dates > {"$dateTrunc":{"date":"$t","unit":"day","timezone":"America/New_York"}}': {
    documentdb: "answers { Object ($date) }",
  },
  'buckets and facets > [{"$bucket":{"groupBy":"$n","boundaries":[1,3]}}]': {
    documentdb: "refuses with 2",
    secantus: "refuses with 7158303",
  },
  'comparison, logic and conditions > {"$not":[[false]]}': { secantus: "answers true" },
  'comparison, logic and conditions > {"$switch":{"branches":1}}': { secantus: "refuses with 14" },
  'comparison, logic and conditions > {"$switch":{"branches":[{"case":1,"then":1,"x":1}]}}': {
    secantus: "accepts it",
  },
  'comparison, logic and conditions > {"$switch":{"branches":[{"case":1}]}}': { secantus: "refuses with 14" },
  'comparison, logic and conditions > {"$switch":{"branches":[{"then":1}]}}': { secantus: "refuses with 14" },
  'dates as text > {"$dateFromString":{"dateString":"2026-03-29T00:00:00Z","timezone":"UTC"}}': {
    secantus: "accepts it",
  },
  'dates as text > {"$dateToString":{"date":"$missing","onNull":"none"}}': { secantus: "answers null" },
  'dates as text > {"$dateToString":{"date":"$n","onNull":"none"}}': { secantus: "answers null" },
  'dates as text > {"$dateToString":{"date":"$t","format":"%"}}': { secantus: "refuses with 18536" },
  'dates as text > {"$dateToString":{"date":"$t","format":"%d %b %B"}}': {
    documentdb: "refuses it: Invalid format character '%b' in format string",
  },
  'dates as text > {"$dateToString":{"date":"$t","format":5}}': { secantus: "refuses with 14" },
  'dates as text > {"$dateToString":{"date":"$t","timezone":"Europe/Berlin"}}': {
    documentdb: "answers '2026-03-29T03:30:15.250Z'",
    secantus: "answers '2026-03-29T03:30:15.250Z'",
  },
  'dates made of parts > {"$dateFromParts":{"isoWeekYear":2026,"month":1}}': { secantus: "accepts it" },
  'dates made of parts > {"$dateFromParts":{"year":2026,"isoWeek":1}}': { secantus: "refuses with 40516" },
  'elements and parts of arrays > {"$first":"$e"}': { secantus: "answers null" },
  'elements and parts of arrays > {"$in":["$missing","$m"]}': { secantus: "answers true" },
  'elements and parts of arrays > {"$indexOfArray":["$a",2,-1]}': { secantus: "refuses with 9711601" },
  'elements and parts of arrays > {"$slice":["$a","x"]}': { secantus: "accepts it" },
  'elements and parts of arrays > {"$slice":["$a",1,"x"]}': { secantus: "accepts it" },
  'field paths and variables > "$"': { documentdb: "accepts it", secantus: "accepts it" },
  'field paths and variables > "$a."': { documentdb: "accepts it", secantus: "accepts it" },
  'field paths and variables > "$a..b"': { documentdb: "accepts it", secantus: "accepts it" },
  'field paths and variables > "$a.0"': { secantus: "answers { '$numberInt': '1' }" },
  'field paths and variables > "$deep.x.y"': { secantus: "answers undefined" },
  'field paths and variables > "$docs.v"': { secantus: "answers undefined" },
  'field paths and variables > {"$add":[1],"$subtract":[1,1]}': {
    documentdb: "refuses with 40181",
    secantus: "accepts it",
  },
  'field paths and variables > {"$let":{"vars":{"CURRENT":"$o"},"in":"$p.q"}}': {
    secantus: "answers undefined",
  },
  'field paths and variables > {"$let":{"vars":{"Up":1},"in":1}}': { secantus: "accepts it" },
  'field paths and variables > {"$let":{"vars":{}}}': { documentdb: "refuses with 16876" },
  'field paths and variables > {"$nope":1}': { documentdb: "refuses with 31325" },
  'logical operators > {"$alwaysFalse":1}': {
    secantus: "refuses it: unknown top level operator: $alwaysFalse. If you have a field name tha",
  },
  'logical operators > {"$alwaysTrue":1}': {
    secantus: "refuses it: unknown top level operator: $alwaysTrue. If you have a field name that",
  },
  'objects > {"$arrayToObject":{"$literal":[["a",1],{"k":"b","v":1}]}}': { secantus: "accepts it" },
  'objects > {"$arrayToObject":{"$literal":[["x"]]}}': { secantus: "refuses with 40398" },
  'objects > {"$arrayToObject":{"$literal":[[1,2]]}}': { secantus: "accepts it" },
  'objects > {"$arrayToObject":{"$literal":[{"k":"a"}]}}': { secantus: "refuses with 40398" },
  'objects > {"$arrayToObject":{"$literal":[{"k":1,"v":1}]}}': { secantus: "accepts it" },
  'objects > {"$arrayToObject":{"$literal":[{"x":1,"v":1}]}}': { secantus: "refuses with 40398" },
  'objects > {"$mergeObjects":[]}': {
    documentdb: "refuses it: The expression $mergeObjects requires exactly 1 arguments, but 0 argum",
  },
  'objects > {"$unsetField":{"field":"a","input":"$o"}}': {
    secantus: "refuses it: Unrecognized expression '$unsetField'",
  },
  'parts of a date > {"$hour":{"date":"$t","timezone":"$n"}}': {
    secantus: "refuses it: Failed to optimize pipeline :: caused by :: unrecognized time zone ide",
  },
  'parts of a date > {"$hour":{"date":"$t","timezone":"$zone"}}': {
    secantus: "refuses it: Failed to optimize pipeline :: caused by :: unrecognized time zone ide",
  },
  'parts of a date > {"$hour":{"date":"$t","timezone":5}}': { secantus: "refuses with 40517" },
  'parts of a date > {"$isoWeekYear":"$newYear"}': { secantus: "answers { '$numberInt': '2020' }" },
  'parts of a string > {"$split":["abc",1]}': { secantus: "refuses with 10503900" },
  'regular expressions > {"$regexFindAll":{"input":"ab","regex":""}}': { secantus: "answers [ …(3) ]" },
  'regular expressions > {"$regexMatch":{"input":"a","regex":"("}}': { secantus: "refuses with 1" },
  'regular expressions > {"$regexMatch":{"input":"a","regex":"a","options":"q"}}': { secantus: "accepts it" },
  'regular expressions > {"$regexMatch":{"input":"a","regex":1}}': { secantus: "refuses with 14" },
  'regular expressions > {"$regexMatch":{"input":"a","regex":{"pattern":"a","options":"i"},"options":"i"}}': {
    secantus: "accepts it",
  },
  'sets > {"$setEquals":[[1],"$n"]}': { secantus: "refuses with 5887502" },
  'sets > {"$setUnion":[[1,2],[2,3]]}': { documentdb: "answers [ { '$numberInt': '2' }, …(2) ]" },
  'stages on single documents > [{"$count":""}]': { secantus: "refuses with 40157" },
  'stages on single documents > [{"$match":{"item":"z"}},{"$count":"all"}]': {
    documentdb: "answers [ { all: { '$numberInt': '0' } } ]",
    secantus: "answers [ { all: { '$numberInt': '0' } } ]",
  },
  'stages on single documents > [{"$project":{"a":0,"b":1}}]': {
    documentdb: "refuses with 31254",
    secantus: "refuses with 14",
  },
  'stages on single documents > [{"$project":{"a":1,"a.b":1}}]': { secantus: "accepts it" },
  'stages on single documents > [{"$project":{"a":1,"b":0}}]': { secantus: "refuses with 14" },
  'stages on single documents > [{"$project":{}}]': { documentdb: "accepts it" },
  'stages on single documents > [{"$sort":{"a":2}}]': { documentdb: "refuses with 1" },
  'sums, means and extremes of lists > {"$median":{"input":"$s","method":"approximate"}}': {
    documentdb: "refuses it: Unrecognized expression format: $median",
  },
  'sums, means and extremes of lists > {"$median":{"input":[3,1,2],"method":"approximate"}}': {
    documentdb: "refuses it: Unrecognized expression format: $median",
  },
  'sums, means and extremes of lists > {"$percentile":{"input":[1,2,3,4,5],"p":[0,0.5,0.9,1],"method":"approximate"}}':
    { documentdb: "refuses it: Unrecognized expression format: $percentile" },
  'sums, means and extremes of lists > {"$stdDevPop":"$s"}': {
    documentdb: "refuses it: Operator $stdDevPop is currently not supported",
  },
  'sums, means and extremes of lists > {"$stdDevPop":[1,3]}': {
    documentdb: "refuses it: Operator $stdDevPop is currently not supported",
  },
  'sums, means and extremes of lists > {"$stdDevSamp":[1,3]}': {
    documentdb: "refuses it: Operator $stdDevSamp is currently not supported",
  },
  'sums, means and extremes of lists > {"$stdDevSamp":[1]}': {
    documentdb: "refuses it: Operator $stdDevSamp is currently not supported",
  },
  'trimming and replacing > {"$trim":{"input":" a "}}': { documentdb: "answers ' a'" },
  'types beside numbers > {"v":{"$gt":"CQk="}}': { secantus: "answers []" },
  'types beside numbers > {"v":{"$lt":"AAAA"}}': { secantus: "answers []" },
  'working on each element > {"$filter":{"input":"$a","cond":true,"limit":0}}': { secantus: "accepts it" },
  'working on each element > {"$sortArray":{"input":"$a","sortBy":2}}': { secantus: "accepts it" },
  'working on each element > {"$sortArray":{"input":"$m","sortBy":-1}}': {
    secantus: "refuses it: internal server error",
  },
  'working on each element > {"$zip":{"inputs":["$a","$n"]}}': {
    secantus: "refuses it: Executor error during aggregate command on namespace: test_5cac0166d31",
  },
  'working on each element > {"$zip":{"inputs":["$a"],"defaults":[1]}}': { secantus: "accepts it" },
};

/** How other servers deviate in the case of this title. */
export function deviationsOf(title: string): Deviations {
  for (const table of [known, readingDeviations]) {
    const found = Object.hasOwn(table, title) ? table[title] : undefined;
    if (found) return found;
  }
  return {};
}
