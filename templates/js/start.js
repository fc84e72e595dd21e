whenSeen(all("figure.chart"), drawChart);
whenSeen(all(".explorer"), explore);
all("article.card").forEach(showTokens);
findInputs();
showViews();
