// The text and the rows of token scores of one input's section.
function showTokens(card) {}
