showPages();
findInputs();
foldSide();
whenSeen(all("article.card"), showTokens);
whenSeen(all("figure.chart"), drawChart);
whenSeen(all(".explorer"), explore);
